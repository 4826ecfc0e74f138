//! One call, described before it is made.

use crate::gate::Stamping;
use crate::patience::Patience;
use crate::token::Asking;
use umsync_engine::stamps::RequestClass;
use url::Url;

/// What is sent.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// A form to the token service. It holds the secret, so it is made when it is sent.
    Token(Asking),
    /// `GET`.
    Get,
    /// `POST` of JSON.
    Post(Vec<u8>),
}

/// `Pragma` tells Adobe where a sync begins and ends (undocumented; Adobe's own client sends it for load management,
/// and a listing without the first mark was locked out).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pragma {
    None,
    Start,
    End,
}

/// What becomes of a request whose answer is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IfLost {
    /// It changes nothing, so it is sent again.
    Repeat,
    /// It may have changed something: the caller finds out first.
    HandBack,
}

/// What a 404 means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotFound {
    /// An error.
    Error,
    /// An answer.
    Answer,
}

/// One call: what is sent, and with how much patience.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// What we are doing, for messages.
    pub(crate) doing: String,
    /// The class that Adobe counts; `None` for the token service.
    pub(crate) class: Option<RequestClass>,
    pub(crate) url: Url,
    pub(crate) message: Message,
    pub(crate) pragma: Pragma,
    pub(crate) patience: Patience,
    pub(crate) if_lost: IfLost,
    pub(crate) not_found: NotFound,
    /// The stamp to be written just before.
    pub(crate) stamping: Option<&'a mut Stamping>,
    /// The commands in it, to be noted just before.
    pub(crate) intent: Option<&'a [usize]>,
}

impl Call<'_> {
    /// Something read from the API.
    pub(crate) fn get(doing: String, class: RequestClass, url: Url, patience: Patience) -> Self {
        Self {
            doing,
            class: Some(class),
            url,
            message: Message::Get,
            pragma: Pragma::None,
            patience,
            if_lost: IfLost::Repeat,
            not_found: NotFound::Error,
            stamping: None,
            intent: None,
        }
    }
}
