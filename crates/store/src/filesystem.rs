//! Where the store lies: some file systems do not keep what they are given.

use crate::Store;

impl Store {
    /// A sentence for every report when the store lies where a restart may lose it.
    pub fn filesystem_warning(&self) -> Option<String> {
        let kind = rustix::fs::statfs(self.path()).ok()?.f_type;
        // The magic numbers are 32 bits wide, and sign-extended where the field is a signed word.
        let trouble = trouble(kind as u64 & 0xffff_ffff)?;
        Some(format!("the store {} lies on {trouble}", self.path().display()))
    }
}

/// What is wrong with a file system, by its magic number (statfs(2)).
fn trouble(magic: u64) -> Option<&'static str> {
    match magic {
        0x0102_1994 | 0x8584_58f6 => Some("tmpfs: it is lost at the next restart; put it on a disk"),
        0x794c_7630 => Some("a container's overlay: it is lost with the container; mount a volume there"),
        0x6969 | 0xff53_4d42 | 0xfe53_4d42 => {
            Some("a network file system: it is safe only as long as no second host opens it")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::trouble;

    #[test]
    fn memory_and_containers_are_named_and_disks_are_not() {
        assert!(trouble(0x0102_1994).unwrap().contains("tmpfs"));
        assert!(trouble(0x794c_7630).unwrap().contains("overlay"));
        assert!(trouble(0x6969).unwrap().contains("network"));
        assert_eq!(trouble(0xef53), None); // ext4
        assert_eq!(trouble(0x5846_5342), None); // xfs
    }
}
