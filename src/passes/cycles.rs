//! Strongly connected components of a graph (Tarjan's algorithm with a stack of its own: a chain of ten thousand services must not
//! overflow the program's).

/// What the search knows of a node.
#[derive(Clone, Copy, Default)]
struct Mark {
    number: Option<usize>,
    low: usize,
    on_stack: bool,
}

/// Every component, each a list of node numbers; an edge that leads nowhere is passed over.
pub(super) fn components(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut marks = vec![Mark::default(); edges.len()];
    let mut stack = Vec::new();
    let mut found = Vec::new();
    let mut next = 0;
    for root in 0..edges.len() {
        if marks.get(root).is_some_and(|mark| mark.number.is_some()) {
            continue;
        }
        let mut work: Vec<(usize, usize)> = vec![(root, 0)];
        while let Some((node, edge)) = work.pop() {
            if edge == 0 {
                if let Some(mark) = marks.get_mut(node) {
                    *mark = Mark { number: Some(next), low: next, on_stack: true };
                }
                next += 1;
                stack.push(node);
            }
            if let Some(target) = edges.get(node).and_then(|targets| targets.get(edge)).copied() {
                work.push((node, edge + 1));
                let mark = marks.get(target).copied().unwrap_or_default();
                match mark.number {
                    None if target < edges.len() => work.push((target, 0)),
                    Some(number) if mark.on_stack => lower(&mut marks, node, number),
                    Some(_) | None => {}
                }
                continue;
            }
            let mark = marks.get(node).copied().unwrap_or_default();
            if let Some((above, _)) = work.last() {
                lower(&mut marks, *above, mark.low);
            }
            if mark.number == Some(mark.low) {
                found.push(pop(&mut stack, &mut marks, node));
            }
        }
    }
    found
}

fn lower(marks: &mut [Mark], node: usize, to: usize) {
    if let Some(mark) = marks.get_mut(node) {
        mark.low = mark.low.min(to);
    }
}

fn pop(stack: &mut Vec<usize>, marks: &mut [Mark], until: usize) -> Vec<usize> {
    let mut component = Vec::new();
    while let Some(node) = stack.pop() {
        if let Some(mark) = marks.get_mut(node) {
            mark.on_stack = false;
        }
        component.push(node);
        if node == until {
            break;
        }
    }
    component
}

#[cfg(test)]
mod tests {
    use super::components;

    #[test]
    fn a_circle_is_one_component() {
        let found = components(&[vec![1], vec![2], vec![0], vec![0]]);
        assert_eq!(found.iter().map(Vec::len).max(), Some(3));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn a_long_chain_does_not_overflow() {
        let edges: Vec<Vec<usize>> = (0..100_000).map(|node| vec![node + 1]).collect();
        assert_eq!(components(&edges).len(), 100_000);
    }
}
