//! Services that no workload is made of, because the cluster does their work.

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The service's name as the user wrote it.
    pub service: String,
    /// Every name that it had on its networks.
    pub names: Vec<String>,
}
