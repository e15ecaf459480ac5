//! The typed project: one file per noun, each one `keys!` table and its short syntax.

pub mod build;
pub mod deploy;
pub mod device;
pub mod files;
pub mod health;
pub mod host;
pub mod kubernetes;
pub mod lifecycle;
pub mod mount;
pub mod network;
pub mod port;
pub mod project;
pub mod scalar;
pub mod service;
pub mod text;
