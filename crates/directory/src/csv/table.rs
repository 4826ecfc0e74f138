//! From text to rows (RFC 4180), strictly.
//!
//! Readers of CSV usually take what they get: a quote that is not closed makes one cell of all the rows up to the next
//! quote, and those people are gone without a word. Here quotes stand around whole cells or are mistakes, every row has as
//! many cells as the header, and a row over several lines is refused where it could have swallowed another one. So what
//! is a whole row when its line is read alone is a row of the table, or the table is refused: inside a cell that began
//! before it, all its delimiters count as quoted, and there are enough of them. (`tests/mutants.rs` tries it.)

use super::flaw::{Flaw, Flaws};

/// One row and the line where it begins, counted from 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) line: usize,
    pub(super) cells: Vec<String>,
}

/// All rows, the header first. They are a table if no flaw was noted.
pub(super) fn rows(text: &str, delimiter: char, flaws: &mut Flaws) -> Vec<Row> {
    let lines: Vec<&str> = text
        .strip_suffix('\n')
        .unwrap_or(text)
        .split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .collect();
    if !text.is_empty() && !text.ends_with('\n') {
        flaws.note(lines.len(), Flaw::Cut);
    }
    for (at, line) in lines.iter().enumerate() {
        if line.contains('\0') {
            flaws.note(at + 1, Flaw::Nul);
        }
        if line.contains('\r') {
            flaws.note(at + 1, Flaw::CarriageReturn);
        }
    }
    let mut rows = Vec::new();
    let mut columns = None;
    let mut at = 0;
    while at < lines.len() {
        if lines[at].trim().is_empty() {
            at += 1;
            continue;
        }
        let scanned = scan(&lines, at, delimiter).and_then(|scanned| {
            let columns = *columns.get_or_insert(scanned.cells.len());
            scanned.check(at, columns)
        });
        match scanned {
            Ok(Scanned { cells, quoted_delimiters: _, end }) => {
                rows.push(Row { line: at + 1, cells });
                at = end;
            }
            Err(flaw) => {
                // The next row begins in the next line, wherever a lost quote would have it.
                flaws.note(at + 1, flaw);
                at += 1;
            }
        }
        if columns.is_none() {
            // Without a header nothing can be said about the rows.
            break;
        }
    }
    rows
}

/// A row as its quotes have it.
struct Scanned {
    cells: Vec<String>,
    /// Delimiters inside quoted cells.
    quoted_delimiters: usize,
    /// The index of the line after it.
    end: usize,
}

impl Scanned {
    fn check(self, begin: usize, columns: usize) -> Result<Self, Flaw> {
        if self.end > begin + 1 && self.quoted_delimiters + 1 >= columns {
            Err(Flaw::Swallowing { to: self.end })
        } else if self.cells.len() != columns {
            Err(Flaw::Cells { found: self.cells.len(), columns })
        } else {
            Ok(self)
        }
    }
}

fn scan(lines: &[&str], begin: usize, delimiter: char) -> Result<Scanned, Flaw> {
    let mut scanned = Scanned { cells: Vec::new(), quoted_delimiters: 0, end: begin + 1 };
    let mut rest = lines[begin];
    loop {
        match rest.strip_prefix('"') {
            Some(inside) => {
                let (cell, after) = quoted(lines, inside, &mut scanned.end)?;
                scanned.quoted_delimiters += cell.matches(delimiter).count();
                scanned.cells.push(cell);
                rest = after;
            }
            None => {
                let (cell, after) = rest.split_at(rest.find(delimiter).unwrap_or(rest.len()));
                if cell.contains('"') {
                    return Err(Flaw::Quote);
                }
                scanned.cells.push(cell.to_owned());
                rest = after;
            }
        }
        if rest.is_empty() {
            return Ok(scanned);
        }
        rest = rest.strip_prefix(delimiter).ok_or(Flaw::Quote)?;
    }
}

/// A quoted cell, and what follows it in its last line. `end` is the index of the line after that.
fn quoted<'a>(lines: &[&'a str], inside: &'a str, end: &mut usize) -> Result<(String, &'a str), Flaw> {
    let mut cell = String::new();
    let mut rest = inside;
    loop {
        match rest.split_once('"') {
            None => {
                cell.push_str(rest);
                cell.push('\n');
                rest = lines.get(*end).ok_or(Flaw::Unclosed)?;
                *end += 1;
            }
            Some((text, after)) => {
                cell.push_str(text);
                match after.strip_prefix('"') {
                    Some(more) => {
                        cell.push('"');
                        rest = more;
                    }
                    None => return Ok((cell, after)),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Vec<(usize, Vec<String>)> {
        let mut flaws = Flaws::default();
        let rows = rows(text, ',', &mut flaws);
        assert!(flaws.is_empty(), "{text:?}: {flaws}");
        rows.into_iter().map(|Row { line, cells }| (line, cells)).collect()
    }

    fn flaws(text: &str) -> Vec<String> {
        let mut flaws = Flaws::default();
        rows(text, ',', &mut flaws);
        let told = flaws.to_string();
        told.lines().filter_map(|line| line.strip_prefix("  ")).map(str::to_owned).collect()
    }

    #[test]
    fn quotes_line_ends_and_line_breaks() {
        let text = "a,b,c\r\n\r\n1,\"2,\"\"x\"\"\",\n \n\"\",\"Main St 1\r\nTown, X\",3\n,,\n";
        let row = |line, cells: [&str; 3]| (line, cells.map(str::to_owned).to_vec());
        assert_eq!(
            table(text),
            [
                row(1, ["a", "b", "c"]),
                row(3, ["1", "2,\"x\"", ""]),
                row(5, ["", "Main St 1\nTown, X", "3"]),
                row(7, ["", "", ""]),
            ]
        );
        assert_eq!(table(""), []);
    }

    #[test]
    fn every_bad_row_is_told_with_its_line() {
        let text = "a,b\n1\n1,2,3\n1,x\"y\n1,\"x\"y\n1,\0\n1,\r2\n1,2\n1,\"2\n3,4";
        assert_eq!(
            flaws(text),
            [
                "line 2: 1 cell, and there are 2 columns",
                "line 3: 3 cells, and there are 2 columns",
                "line 4: a quote in the middle of a cell",
                "line 5: a quote in the middle of a cell",
                "line 6: a NUL character",
                "line 7: a carriage return that ends no line",
                "line 9: a quoted cell that does not end",
                "line 10: the file ends inside this line",
            ]
        );
        let many = format!("a,b\n{}", "1\n".repeat(25));
        let told = flaws(&many);
        assert_eq!((told.len(), told[20].as_str()), (21, "and 5 more, to line 26"));
    }

    #[test]
    fn a_lost_quote_does_not_swallow_the_next_row() {
        // The csv crate makes one row of three cells of the two.
        assert_eq!(flaws("a,b,c\n1,\"2,3\n4,\"5\",6\n"), ["line 2: a quote in the middle of a cell"]);
        let told = "line 2: a quoted cell that goes on to line 3 as if it had swallowed a row";
        assert_eq!(flaws("a,b,c\n1,\"2,3\n4,\",6\n"), [told, "line 3: a quoted cell that does not end"]);
        // Here two cells share what they swallowed.
        let told = "line 2: a quoted cell that goes on to line 4 as if it had swallowed a row";
        assert_eq!(flaws("a,b,c\n\"x\n1,\",\",2\ny\",z\n")[0], told);
        // A table of one column has no delimiters to count.
        assert_eq!(flaws("a\n\"1\n2\"\n").len(), 2);
    }

    #[test]
    fn without_a_header_nothing_is_said_about_rows() {
        assert_eq!(flaws("a,\"b\n1,2\n1\n"), ["line 1: a quoted cell that does not end"]);
    }
}
