//! The table, in Markdown.

use crate::model::{Caching, Load};

/// All rows for one length of segments.
pub(crate) fn table(target_seconds: u32) -> String {
    let head = [
        "Viewers",
        "Playlists",
        "Requests a second",
        "to regional caches",
        "to the function",
        "Concurrency",
        "S3 reads a second",
        "Signatures a second",
        "US$ an hour at the edge",
        "US$ an hour behind it",
    ];
    let mut table = row(&head.map(str::to_owned)) + &row(&head.map(|_| "---".to_owned())).replace(' ', "");
    for viewers in VIEWERS {
        for (caching, name) in CACHING {
            let load = Load::new(viewers, target_seconds, caching);
            table += &row(&[
                whole(f64::from(viewers)),
                name.to_owned(),
                whole(load.requests),
                whole(load.regional),
                whole(load.invocations),
                whole(load.concurrency),
                whole(load.bucket_reads),
                tenths(load.signatures),
                cents(load.edge_cost()),
                cents(load.origin_cost()),
            ]);
        }
    }
    table
}

fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

/// Rounded up to a whole number, because the figures are upper limits.
fn whole(number: f64) -> String {
    grouped(&format!("{:.0}", number.ceil()))
}

fn tenths(number: f64) -> String {
    if number == 0.0 { "0".to_owned() } else { format!("{:.1}", (number * 10.0).ceil() / 10.0) }
}

fn cents(number: f64) -> String {
    let text = format!("{number:.2}");
    text.split_once('.').map_or(text.clone(), |(whole, cents)| format!("{}.{cents}", grouped(whole)))
}

/// 25000 as 25,000.
fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

const VIEWERS: [u32; 3] = [1_000, 100_000, 1_000_000];
const CACHING: [(Caching, &str); 3] = [
    (Caching::Off, "not cached"),
    (Caching::Cookies, "cached, cookies"),
    (Caching::SignedUrls, "cached, signed URLs at worst"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!([0.0, 1.2, 999.0, 1_000.0, 250_000.0].map(whole), ["0", "2", "999", "1,000", "250,000"]);
        assert_eq!([0.0, 0.01, 1.75].map(tenths), ["0", "0.1", "1.8"]);
        assert_eq!([0.0, 0.999, 1_234.5].map(cents), ["0.00", "1.00", "1,234.50"]);
    }
}
