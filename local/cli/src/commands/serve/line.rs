//! One line for each request: status, verdict, method, path, signature, cache and time, and why.

use anstyle::{AnsiColor, Style};
use usher_edge::Record;

/// The line, in colours. A record contains no secret.
pub(super) fn of(record: &Record) -> String {
    let style = style(record);
    let known = [record.credential, record.cache].into_iter().flatten();
    let known: String = known.map(|word| format!("{word}, ")).collect();
    let Record { status, verdict, method, target, milliseconds, .. } = record;
    let why = why(record);
    let separator = if why.is_empty() { "" } else { ": " };
    // The query is long, and most of it a signature.
    let path = printable(target.split('?').next().unwrap_or_default());
    let why = printable(&why);
    format!(
        "{style}{status} {verdict:<8}{style:#} {method} {path} {QUIET}({known}{milliseconds:.1} ms){QUIET:#}\
         {separator}{why}"
    )
}

fn why(record: &Record) -> String {
    if let (Some(issued), None) = (&record.issued, record.refused_by) {
        let what = if issued.by == "url" { "a signed URL" } else { "cookies" };
        return format!("{what} for {}, to {}", issued.resources.join(" and "), record.viewers.join(", "));
    }
    let problem = record.problem.as_deref().and_then(|uri| uri.rsplit(':').next());
    let parts = [record.code.or(problem), record.reason.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(": ")
}

fn style(record: &Record) -> Style {
    let color = match record.verdict {
        "refused" if record.status >= 500 => return AnsiColor::Red.on_default().bold(),
        "refused" => AnsiColor::Red,
        "admitted" | "issued" => AnsiColor::Green,
        _ => return QUIET,
    };
    color.on_default()
}

/// A viewer chose parts of the line: no control character reaches the terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

const QUIET: Style = Style::new().dimmed();

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    fn request(verdict: &'static str, status: u16, target: &str) -> Record {
        let (method, target) = ("GET".to_owned(), target.to_owned());
        Record { method, target, verdict, status, milliseconds: 1.26, ..Record::default() }
    }

    #[test]
    fn a_line_says_what_was_decided_and_why() {
        let issued = usher_edge::Issued {
            by: "cookies",
            resources: vec!["https://h/video/*".to_owned()],
            expires_at: 1,
        };
        let rows = [
            (request("open", 204, "/auth/cookies"), "204 open     GET /auth/cookies (1.3 ms)"),
            (
                Record {
                    credential: Some("url"),
                    cache: Some("hit"),
                    ..request("admitted", 200, "/video/m/s.ts?Policy=…")
                },
                "200 admitted GET /video/m/s.ts (url, hit, 1.3 ms)",
            ),
            (
                Record {
                    issued: Some(issued),
                    viewers: vec!["anna".to_owned()],
                    ..request("issued", 200, "/auth/cookies")
                },
                "200 issued   GET /auth/cookies (1.3 ms): cookies for https://h/video/*, to anna",
            ),
            (
                Record {
                    code: Some("MissingKey"),
                    reason: Some("it is not signed".to_owned()),
                    ..request("refused", 403, "/video/m/s.ts")
                },
                "403 refused  GET /video/m/s.ts (1.3 ms): MissingKey: it is not signed",
            ),
            (
                Record {
                    problem: Some("urn:problem-type:usher:token-expired".to_owned()),
                    reason: Some("the token\nexpired".to_owned()),
                    ..request("refused", 401, "/auth/cookies")
                },
                "401 refused  GET /auth/cookies (1.3 ms): token-expired: the token?expired",
            ),
        ];
        for (record, expected) in rows {
            assert_eq!(strip_str(&of(&record)).to_string(), expected);
        }
    }
}
