//! Answers before they become HTTP, and the ones that every endpoint shares.

use std::borrow::Cow;

use serde_json::{Value, json};

/// Status, headers and body; `Date`, `Server` and the like are added when it is sent.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(Cow<'static, str>, String)>,
    pub(crate) body: Body,
}

#[derive(Debug, Clone)]
pub(crate) enum Body {
    Empty,
    Json(Value),
    Html(String),
    /// JSON that is not, or anything a fault makes up.
    Raw {
        kind: String,
        text: String,
    },
}

impl Answer {
    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Body::Json(body) }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Body::Empty }
    }

    pub(crate) fn html(status: u16) -> Self {
        let title = format!("{status} {}", reason(status));
        let text = format!(
            "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
             <hr><center>openresty</center>\r\n</body>\r\n</html>\r\n"
        );
        Self { status, headers: Vec::new(), body: Body::Html(text) }
    }

    /// The usual error object of the endpoints.
    pub(crate) fn refusal(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self::json(status, json!({"result": code, "message": message.into()}))
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name.into(), value.to_string()));
        self
    }

    /// "401 Unauthorized … Content-Length: 0" (error handling page).
    pub(crate) fn unauthorized() -> Self {
        Self::empty(401).with(
            "WWW-Authenticate",
            "Bearer realm=\"JIL\", error=\"invalid_token\", error_description=\"The access token is invalid\"",
        )
    }

    /// "429 Too Many Requests" (throttling page).
    pub(crate) fn throttled(status: u16, retry_after: Option<String>) -> Self {
        let answer = Self::json(status, json!({"error_code": "429050", "message": "Too many requests"}));
        match retry_after {
            Some(when) => answer.with("Retry-After", when),
            None => answer,
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

fn reason(status: u16) -> &'static str {
    axum::http::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Error")
}
