//! What stands in one pod beside the main container, and what comes before it.

use super::{Container, Kind, Name, Port, Wait, Why, Workload};

/// The longest name of a StatefulSet or CronJob: a label of its pods holds it, a dash and ten characters.
pub const LONGEST_EXTENDED: usize = 52;

/// A container of a pod beside the main one.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name, which no other of the pod has.
    pub name: Name,
    /// The container.
    pub container: Container,
    /// The ports that it listens on.
    pub ports: Vec<Port>,
    /// Why it is there.
    pub why: Why,
}

/// What comes before the main container of a pod.
#[derive(Clone, Debug)]
pub enum Step {
    /// A wait.
    Wait(Wait),
    /// A container that does its work and ends.
    Ends(Box<Member>),
    /// A container that is started, checked, and stays (a native sidecar).
    Stays(Box<Member>),
}

impl Workload {
    /// Every container that the user wrote: those before the main one, the main one, and those beside it.
    pub fn containers(&self) -> impl Iterator<Item = &Container> {
        let steps = self.steps.iter().filter_map(|step| match step {
            Step::Wait(_) => None,
            Step::Ends(member) | Step::Stays(member) => Some(&member.container),
        });
        steps.chain([&self.container]).chain(self.beside.iter().map(|member| &member.container))
    }

    /// Every port that a container of its pod listens on.
    pub fn listens(&self) -> impl Iterator<Item = &Port> {
        let steps = self.steps.iter().filter_map(|step| match step {
            Step::Wait(_) => None,
            Step::Ends(member) | Step::Stays(member) => Some(&member.ports),
        });
        steps.chain([&self.ports]).chain(self.beside.iter().map(|member| &member.ports)).flatten()
    }

    /// Whether it does its work and ends, so that nobody dials it by name.
    pub fn ends(&self) -> bool {
        match self.kind.value {
            Kind::Job | Kind::CronJob => true,
            Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet => self.once_per_node.is_some(),
        }
    }

    /// The name of its controller, which leaves room for what Kubernetes adds to it in the names and labels of its pods.
    pub fn controller(&self) -> Name {
        match self.kind.value {
            Kind::StatefulSet => {
                let said = self.slots.as_ref().and_then(|slots| slots.controller.as_ref());
                said.unwrap_or(&self.name).limited(LONGEST_EXTENDED)
            }
            Kind::CronJob => self.name.limited(LONGEST_EXTENDED),
            Kind::Deployment | Kind::DaemonSet | Kind::Job => self.name.clone(),
        }
    }

    /// The waits of its pod.
    pub fn awaits(&self) -> impl Iterator<Item = &Wait> {
        self.steps.iter().filter_map(|step| match step {
            Step::Wait(wait) => Some(wait),
            Step::Ends(_) | Step::Stays(_) => None,
        })
    }
}
