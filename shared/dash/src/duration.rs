//! Durations of XML Schema, such as `PT2.5S`.

/// The whole seconds of a duration without years and months; `None` for any other text.
/// <https://www.w3.org/TR/xmlschema-2/#duration>
pub(crate) fn seconds(text: &str) -> Option<u64> {
    let (days, time) = text.strip_prefix('P')?.split_once('T').unwrap_or((text.get(1..)?, ""));
    let mut total = 0_u64;
    for (part, units) in
        [(days, &[('Y', 0), ('M', 0), ('D', 86_400)][..]), (time, &[('H', 3_600), ('M', 60), ('S', 1)])]
    {
        let mut rest = part;
        while let Some(at) = rest.find(|character: char| character.is_ascii_alphabetic()) {
            let (number, unit) = rest.split_at(at);
            let (unit, behind) = unit.split_at(1);
            let (_, length) = units.iter().find(|(name, _)| unit.starts_with(*name))?;
            let whole: u64 = number.split('.').next()?.parse().ok()?;
            if *length == 0 && whole > 0 {
                return None;
            }
            total = total.checked_add(whole.checked_mul(*length)?)?;
            rest = behind;
        }
        if !rest.is_empty() {
            return None;
        }
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_seconds() {
        let rows = [
            ("PT2S", Some(2)),
            ("PT2.5S", Some(2)),
            ("PT0H3M30.000S", Some(210)),
            ("P1DT1H", Some(90_000)),
            ("P0Y0M0DT0H0M1S", Some(1)),
            ("P1Y", None),
            ("PT", Some(0)),
            ("PTS", None),
            ("2", None),
            ("", None),
            ("PT5", None),
            ("PT99999999999999999999S", None),
            ("PT9999999999999999999H", None),
        ];
        for (text, expected) in rows {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
