//! Positions of which there is nearly always one.

/// Positions, each once and in the order in which they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Few {
    #[default]
    Nobody,
    One(usize),
    /// Two at least. In a box, so that those of a million people are small.
    #[expect(
        clippy::box_collection,
        reason = "nearly nobody has several, and a list would make everybody's larger"
    )]
    Several(Box<Vec<usize>>),
}

impl Few {
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
        let (one, several) = match self {
            Self::Nobody => (None, &[][..]),
            Self::One(at) => (Some(*at), &[][..]),
            Self::Several(all) => (None, all.as_slice()),
        };
        one.into_iter().chain(several.iter().copied())
    }

    fn with(self, at: usize) -> Self {
        match self {
            Self::Nobody => Self::One(at),
            Self::One(one) if one == at => Self::One(one),
            Self::One(one) => Self::Several(Box::new(vec![one, at])),
            Self::Several(mut all) => {
                if !all.contains(&at) {
                    all.push(at);
                }
                Self::Several(all)
            }
        }
    }
}

impl FromIterator<usize> for Few {
    fn from_iter<I: IntoIterator<Item = usize>>(positions: I) -> Self {
        positions.into_iter().fold(Self::Nobody, Self::with)
    }
}
