//! A page on paper.

use fantoccini::wd::PrintConfiguration;
pub use fantoccini::wd::PrintSize;

use super::Browser;

impl Browser {
    /// The number of sheets of paper that the page needs.
    #[track_caller]
    pub fn sheets(&self, size: PrintSize) -> usize {
        let paper = PrintConfiguration::builder().size(size).build().expect("the size is valid");
        let pdf = self.must("printing", self.driver.run(self.driver.client().print(paper)));
        // Chromium compresses only the content of a page. `/Type /Pages` is the list of pages.
        let page = b"/Type /Page\n";
        pdf.windows(page.len()).filter(|it| it == page).count()
    }
}
