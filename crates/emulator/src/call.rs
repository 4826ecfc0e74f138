//! A request as it was received.

use axum::body::Bytes;
use axum::http::HeaderMap;
use url::form_urlencoded;

/// Method, path as it came, query, headers and the whole body.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Call {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn in_query(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, v)| v.into_owned())
    }

    /// A flag of the query; clients write `true` and `True`.
    pub(crate) fn flag(&self, name: &str, default: bool) -> bool {
        self.in_query(name).map_or(default, |value| value.eq_ignore_ascii_case("true"))
    }

    /// A parameter of a form body, or else of the query.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(&self.body)
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
            .or_else(|| self.in_query(name))
    }

    /// The query with the values of secrets replaced.
    pub(crate) fn query_without_secrets(&self) -> String {
        let hidden = ["client_secret", "jwt_token", "access_token"];
        if !hidden.iter().any(|name| self.query.contains(name)) {
            return self.query.clone();
        }
        form_urlencoded::parse(self.query.as_bytes())
            .map(|(key, value)| {
                let value = if hidden.contains(&key.as_ref()) { "****" } else { value.as_ref() };
                format!("{key}={value}")
            })
            .collect::<Vec<_>>()
            .join("&")
    }
}
