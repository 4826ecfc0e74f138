//! Answers that Adobe did not make.

use serde::{Deserialize, Serialize};

/// A made-up answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    pub(crate) status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) retry_after: Option<String>,
    #[serde(default)]
    pub(crate) body: ReplyBody,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ReplyBody {
    /// What Adobe sends with that status.
    #[default]
    Usual,
    Empty,
    Html,
    Text {
        kind: String,
        text: String,
    },
}

impl Reply {
    /// An answer with this status and what Adobe sends with it: an empty 401 and 403, JSON with 4xx, HTML with 5xx.
    pub fn status(status: u16) -> Self {
        Self { status, retry_after: None, body: ReplyBody::Usual }
    }

    /// The same with `Retry-After`: seconds, a date, or nonsense.
    pub fn retry_after(mut self, value: impl ToString) -> Self {
        self.retry_after = Some(value.to_string());
        self
    }

    /// The same without a body.
    pub fn empty(mut self) -> Self {
        self.body = ReplyBody::Empty;
        self
    }

    /// The same with the HTML page of a gateway.
    pub fn html(mut self) -> Self {
        self.body = ReplyBody::Html;
        self
    }

    /// The same with this body.
    pub fn body(mut self, content_type: impl Into<String>, text: impl Into<String>) -> Self {
        self.body = ReplyBody::Text { kind: content_type.into(), text: text.into() };
        self
    }
}
