//! The parts of a Markdown page that tests read.

/// A fenced block of code.
pub struct Block {
    /// The words behind the opening fence.
    pub info: String,
    pub text: String,
}

/// Returns the fenced blocks of a page.
pub fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            let text = lines.by_ref().take_while(|line| *line != "```");
            blocks.push(Block {
                info: info.to_owned(),
                text: text.map(|line| format!("{line}\n")).collect(),
            });
        }
    }
    blocks
}

/// Returns the lines that are indented as code, outside of fenced blocks, without their comments.
pub fn indented_lines(page: &str) -> impl Iterator<Item = &str> {
    let mut is_fenced = false;
    let outside = page.lines().filter(move |line| {
        is_fenced ^= line.starts_with("```");
        !is_fenced
    });
    let code = outside.filter_map(|line| line.strip_prefix("    "));
    code.map(|line| line.split(" # ").next().unwrap_or(line).trim())
}

/// Returns the targets of the links and pictures of a page.
pub fn links(page: &str) -> Vec<&str> {
    let inline = page.split("](").skip(1);
    let inline = inline.filter_map(|rest| Some(rest.split_once(')')?.0));
    let pictures = [" src=\"", " srcset=\""].into_iter();
    let pictures = pictures.flat_map(|attribute| page.split(attribute).skip(1));
    let pictures = pictures.filter_map(|rest| Some(rest.split_once('"')?.0));
    inline.chain(pictures).collect()
}

/// Returns the anchors of the headings of a page, as GitHub names them.
pub fn anchors(page: &str) -> Vec<String> {
    let headings = page.lines().filter(|line| line.starts_with('#'));
    let texts = headings.map(|line| line.trim_start_matches('#').trim().to_lowercase());
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    texts
        .map(|text| text.chars().filter(kept).collect::<String>())
        .map(|text| text.replace(' ', "-"))
        .collect()
}

/// Returns the paths between backticks that start with one of `folders` and have no placeholder.
pub fn paths<'p>(page: &'p str, folders: &[&str]) -> Vec<&'p str> {
    let quoted = page.split('`').skip(1).step_by(2);
    let is_path = |text: &&str| {
        folders.iter().any(|folder| text.starts_with(folder))
            && !text.contains(['<', '*', ' ', '{'])
    };
    quoted.filter(is_path).collect()
}
