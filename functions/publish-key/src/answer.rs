//! The answer to CloudFormation, as in its
//! [custom resource reference](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html).

use serde::Serialize;

use crate::error::Error;

/// The body of the `PUT` to the answer URL.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Answer {
    /// Success or failure.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Names the resource. If the name differs from the one before, CloudFormation replaces the resource.
    pub physical_resource_id: String,
    /// As in the request.
    pub stack_id: String,
    /// As in the request.
    pub request_id: String,
    /// As in the request.
    pub logical_resource_id: String,
}

/// Success or failure.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(tag = "Status")]
pub enum Outcome {
    /// The function could not create the resource.
    #[serde(rename = "FAILED", rename_all = "PascalCase")]
    Failed {
        /// Why, for a person.
        reason: String,
    },
    /// The resource is deleted. The function has nothing to delete.
    #[serde(rename = "SUCCESS")]
    Deleted,
    /// The resource is created, with these attributes for the template.
    #[serde(rename = "SUCCESS", rename_all = "PascalCase")]
    Published {
        /// The attributes that `Fn::GetAtt` returns.
        data: Attributes,
    },
}

/// The attributes of the resource.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Attributes {
    /// The public key.
    pub pem: String,
}

impl Outcome {
    /// The outcome of publishing: the PEM, or the reason why there is none.
    #[must_use]
    pub fn of(published: Result<String, Error>) -> Self {
        match published {
            Ok(pem) => Self::Published { data: Attributes { pem } },
            Err(error) => Self::Failed { reason: shortened(&error.to_string()) },
        }
    }
}

// CloudFormation accepts answers of up to 4096 bytes; an error of KMS may have any length.
fn shortened(reason: &str) -> String {
    const CHARACTERS: usize = 500;
    match reason.char_indices().nth(CHARACTERS) {
        Some((end, _)) => reason.get(..end).unwrap_or_default().to_owned() + "…",
        None => reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_reason_is_cut_between_characters() {
        let error = Error::UnsupportedKeySpec { key_spec: "€".repeat(5000) };

        let Outcome::Failed { reason } = Outcome::of(Err(error)) else {
            panic!("an error is a failure");
        };

        assert_eq!(reason, format!("key spec {}…", "€".repeat(491)));
    }
}
