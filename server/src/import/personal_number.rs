//! Whether a text is a personal number. It is checked and then forgotten: no document holds one.

/// Reads a personal number, in any of its spellings, to its ten digits.
///
/// `YYYYMMDDNNNN` or `YYMMDDNNNN`, with or without `-` or `+`; a coordination number adds 60 to the day.
pub(super) fn ten_digits(text: &str) -> Option<String> {
    let digits: Vec<u32> =
        text.chars().filter(|c| !matches!(c, '-' | '+' | ' ')).map(|c| c.to_digit(10)).collect::<Option<_>>()?;
    let ten = match digits.len() {
        10 => digits.as_slice(),
        12 => digits.get(2..)?,
        _ => return None,
    };
    let &[_, _, m1, m2, d1, d2, ..] = ten else {
        return None;
    };
    let month = m1 * 10 + m2;
    let day = d1 * 10 + d2;
    let is_date = (1..=12).contains(&month) && ((1..=31).contains(&day) || (61..=91).contains(&day));
    let is_right = is_date && luhn(ten).is_multiple_of(10);
    is_right.then(|| ten.iter().filter_map(|digit| char::from_digit(*digit, 10)).collect())
}

fn luhn(digits: &[u32]) -> u32 {
    let doubled = |(index, digit): (usize, &u32)| {
        let product = if index % 2 == 0 { digit * 2 } else { *digit };
        product / 10 + product % 10
    };
    digits.iter().enumerate().map(doubled).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Skatteverket's published test numbers.
    #[test]
    fn a_test_number_is_right_in_every_spelling() {
        for text in ["194203249034", "19420324-9034", "420324-9034", "4203249034", "420324+9034"] {
            assert_eq!(ten_digits(text).as_deref(), Some("4203249034"), "{text}");
        }
    }

    #[test]
    fn a_wrong_check_digit_month_or_letter_is_seen() {
        for text in ["194203249035", "194213249034", "19420324903x", "", "1942032490344", "420324903"] {
            assert_eq!(ten_digits(text), None, "{text}");
        }
    }
}
