//! What can be chosen about storage on the command line. The comments here are the text of `--help`.

use clap::{Args, ValueEnum};

use crate::compose::grammar::bytes;
use crate::request::{Secrets, SharedVolumes};

/// What becomes of volumes and secrets.
#[derive(Debug, Args)]
pub(super) struct Storing {
    /// The size of each volume whose size nothing states, as 10Gi [default: 1Gi]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(super) volume_size: Option<i64>,
    /// How volumes of several pods are mounted
    #[arg(long, value_enum, default_value_t = SharedChoice::Rwo)]
    shared_volumes: SharedChoice,
    /// Whether credentials stand among the manifests
    #[arg(long, value_enum, default_value_t = SecretsChoice::Inline)]
    secrets: SecretsChoice,
}

impl Storing {
    pub(super) fn shared_volumes(&self) -> SharedVolumes {
        match self.shared_volumes {
            SharedChoice::Rwo => SharedVolumes::ReadWriteOnce,
            SharedChoice::Rwx => SharedVolumes::ReadWriteMany,
        }
    }

    pub(super) fn secrets(&self) -> Secrets {
        match self.secrets {
            SecretsChoice::Inline => Secrets::Inline,
            SecretsChoice::Omit => Secrets::Omit,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum SharedChoice {
    /// On one node at a time, where all their pods run
    Rwo,
    /// On several nodes at once, with a storage class that offers it
    Rwx,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum SecretsChoice {
    /// In Secrets among the manifests
    Inline,
    /// Nowhere: messages say how to create the Secrets
    Omit,
}

/// A size in bytes, as Kubernetes or Docker writes it.
fn size(text: &str) -> Result<i64, String> {
    let whole = if text.ends_with('i') { format!("{text}b") } else { text.to_owned() };
    match bytes::parse(&whole) {
        Ok(bytes) if bytes > 0 => Ok(bytes),
        Ok(_) => Err("a volume needs a size above 0".to_owned()),
        Err(_) => Err("a size is a number with Ki, Mi, Gi or Ti, as 10Gi".to_owned()),
    }
}
