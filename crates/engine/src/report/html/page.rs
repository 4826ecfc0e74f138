//! The page itself: its frame, its look, its tables.

/// So many rows of a table are shown; whoever wants all of them has the JSON.
const MOST_ROWS: usize = 500;

const STYLE: &str = "
:root{--ink:#1d2129;--faint:#667085;--paper:#fff;--card:#f6f7f9;--line:#e3e6ea;--gain:#0f7b42;--loss:#b42318;--change:#1459b8;--held:#9a5b00}
@media(prefers-color-scheme:dark){:root{--ink:#e8eaee;--faint:#98a2b3;--paper:#14171c;--card:#1d2229;--line:#323943;--gain:#4cc38a;--loss:#ff8a7d;--change:#7db4ff;--held:#f2b04e}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\",sans-serif}
main{max-width:70rem;margin:0 auto;padding:2.5rem 1.5rem 4rem}
h1{font-size:1.6rem;line-height:1.3;margin:.2rem 0 .6rem;max-width:46rem}
h2{font-size:1.15rem;margin:2.6rem 0 .7rem;padding-top:1rem;border-top:1px solid var(--line)}
.over{margin:0;color:var(--faint);font-size:.9rem}
p{margin:.4rem 0;max-width:52rem}
.faint{color:var(--faint)}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr));gap:.7rem;margin:1.4rem 0}
.tile{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.7rem .9rem}
.tile b{display:block;font-size:1.5rem;line-height:1.2;font-variant-numeric:tabular-nums}
.tile span{color:var(--faint);font-size:.85rem}
.tile.none{opacity:.5}
.gain b,.gain{color:var(--gain)}.loss b,.loss{color:var(--loss)}.change b,.change{color:var(--change)}.held b,.held{color:var(--held)}
.tile span{color:var(--faint)}
.warn{background:var(--card);border-left:4px solid var(--held);border-radius:.3rem;padding:.7rem 1rem;margin:.8rem 0}
code{background:var(--card);border:1px solid var(--line);border-radius:.3rem;padding:.1rem .4rem;font:.9em ui-monospace,SFMono-Regular,Menlo,monospace;overflow-wrap:anywhere}
details{border:1px solid var(--line);border-radius:.5rem;margin:.5rem 0;background:var(--card)}
summary{cursor:pointer;padding:.55rem .9rem;font-weight:600}
summary small{color:var(--faint);font-weight:400;margin-left:.5rem}
details .scroll{padding:0 .9rem .8rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th{text-align:left;color:var(--faint);font-weight:500;font-size:.82rem;padding:.35rem .7rem .35rem 0;border-bottom:1px solid var(--line);white-space:nowrap}
td{padding:.32rem .7rem .32rem 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
tr:last-child td{border-bottom:0}
@media print{main{max-width:none;padding:0}details{break-inside:avoid}body{font-size:11px}}
";

/// A page under way.
pub(super) struct Page(String);

/// Text that means nothing to HTML, whatever somebody is called.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // Neither may a name turn the direction of what follows it.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => safe.push('\u{fffd}'),
            c if c.is_control() && c != '\n' => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

impl Page {
    pub(super) fn new(title: &str) -> Self {
        let policy = "default-src 'none'; style-src 'unsafe-inline'";
        Self(format!(
            "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<meta name=viewport content=\"width=device-width, initial-scale=1\">\n<meta http-equiv=Content-Security-Policy content=\"{policy}\">\n<meta name=referrer content=no-referrer>\n<title>{}</title>\n<style>{STYLE}</style>\n<main>\n",
            escape(title)
        ))
    }

    pub(super) fn end(mut self) -> String {
        self.0.push_str("</main>\n</html>\n");
        self.0
    }

    /// Markup of our own.
    pub(super) fn raw(&mut self, markup: &str) {
        self.0.push_str(markup);
        self.0.push('\n');
    }

    pub(super) fn section(&mut self, title: &str) {
        self.raw(&format!("<h2>{}</h2>", escape(title)));
    }

    pub(super) fn paragraph(&mut self, text: &str) {
        self.raw(&format!("<p class=faint>{}</p>", escape(text)));
    }

    pub(super) fn warning(&mut self, text: &str) {
        self.raw(&format!("<div class=warn>{}</div>", escape(text)));
    }

    /// A table; a column whose name begins with `#` holds numbers.
    pub(super) fn table<const COLUMNS: usize>(
        &mut self,
        head: &[&str; COLUMNS],
        rows: impl IntoIterator<Item = [String; COLUMNS]>,
    ) {
        let mut rows = rows.into_iter();
        let class = |name: &str| if name.starts_with('#') { " class=n" } else { "" };
        let cells: String = head
            .iter()
            .map(|name| format!("<th{}>{}", class(name), escape(name.trim_start_matches('#'))))
            .collect();
        self.raw(&format!("<div class=scroll><table><thead><tr>{cells}</thead><tbody>"));
        for row in rows.by_ref().take(MOST_ROWS) {
            let cells: String = head
                .iter()
                .zip(&row)
                .map(|(name, cell)| format!("<td{}>{}", class(name), escape(cell)))
                .collect();
            self.raw(&format!("<tr>{cells}"));
        }
        self.raw("</tbody></table>");
        match rows.count() {
            0 => {}
            more => self.paragraph(&format!("and {more} more: umsync plan --json tells all of them")),
        }
        self.raw("</div>");
    }

    /// A table that is folded away.
    pub(super) fn folded<const COLUMNS: usize>(
        &mut self,
        title: &str,
        beside: &str,
        head: &[&str; COLUMNS],
        rows: Vec<[String; COLUMNS]>,
    ) {
        let open = if rows.len() <= 25 { " open" } else { "" };
        self.raw(&format!(
            "<details{open}><summary>{}<small>{}</small></summary>",
            escape(title),
            escape(beside)
        ));
        self.table(head, rows);
        self.raw("</details>");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_means_anything() {
        assert_eq!(escape("<b>\"O'Neil\" & Co</b>"), "&lt;b&gt;&quot;O&#39;Neil&quot; &amp; Co&lt;/b&gt;");
        assert_eq!(escape("a\u{202e}b\u{7}"), "a\u{fffd}b\u{fffd}");
    }

    #[test]
    fn a_long_table_is_cut_and_says_so() {
        let mut page = Page::new("t");
        page.table(&["a"], (0..501).map(|at| [at.to_string()]));
        assert!(page.end().contains("and 1 more"));
    }
}
