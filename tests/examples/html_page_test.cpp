// SPDX-License-Identifier: MIT
#include <support/catch.hpp>
#include <support/html_page.hpp>

#include <string>

namespace html_page_test {

using namespace parsae_examples;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a page escapes its words and nothing of its body") {
  const HtmlPage page{
      .title = "a < b", .heading = "c & d", .headline = "e > f", .style = "p{color:red}", .body = "<p>g</p>"};
  const std::string html = page.html();
  CHECK_THAT(html, ContainsSubstring("<title>a &lt; b</title>"));
  CHECK_THAT(html, ContainsSubstring("<h1>c &amp; d</h1><p class=\"headline\">e &gt; f</p><p>g</p></main>"));
  CHECK(html.find("p{color:red}") > html.find("p{margin"));
  CHECK(html.find("p{color:red}") < html.find("</style>"));
}

TEST_CASE("settings keep their order and are escaped") {
  CHECK(settings_list({{"z", "1 < 2"}, {"a&b", "3"}}) ==
        "<dl><dt>z</dt><dd>1 &lt; 2</dd><dt>a&amp;b</dt><dd>3</dd></dl>");
  CHECK(settings_list({}) == "<dl></dl>");
}

}  // namespace html_page_test
