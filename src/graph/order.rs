//! An order in which each vertex comes after its inputs.

/// How far the search has come with a vertex.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Not,
    OnThePath,
    Whole,
}

/// All vertices in an order in which each comes after its inputs, otherwise by number; `inputs[v]` are those of
/// vertex v.
///
/// # Errors
///
/// A cycle, if there is one: each takes the one before it, and the first the last.
pub(super) fn topological(inputs: &[Vec<usize>]) -> Result<Vec<usize>, Vec<usize>> {
    let mut seen = vec![Seen::Not; inputs.len()];
    let mut order = Vec::with_capacity(inputs.len());
    // Vertices, each an input of the one before it, with how many of their inputs have been looked at. A list,
    // as a recursion could be deeper than a thread's stack.
    let mut path: Vec<(usize, usize)> = Vec::new();
    for start in 0..inputs.len() {
        if seen[start] == Seen::Not {
            seen[start] = Seen::OnThePath;
            path.push((start, 0));
        }
        while let Some((vertex, looked_at)) = path.last_mut() {
            let Some(&input) = inputs[*vertex].get(*looked_at) else {
                seen[*vertex] = Seen::Whole;
                order.push(*vertex);
                path.pop();
                continue;
            };
            *looked_at += 1;
            match seen[input] {
                Seen::Whole => {}
                Seen::Not => {
                    seen[input] = Seen::OnThePath;
                    path.push((input, 0));
                }
                Seen::OnThePath => {
                    let cycle = path.iter().rev().map(|&(vertex, _)| vertex);
                    let end = cycle.clone().position(|vertex| vertex == input).expect("it is on the path");
                    return Err(cycle.take(end + 1).collect());
                }
            }
        }
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::topological;

    #[test]
    fn inputs_come_first_and_else_nothing_moves() {
        let order = |inputs: &[&[usize]]| topological(&inputs.iter().map(|i| i.to_vec()).collect::<Vec<_>>());
        assert_eq!(order(&[]), Ok(vec![]));
        assert_eq!(order(&[&[], &[], &[]]), Ok(vec![0, 1, 2]));
        assert_eq!(order(&[&[2, 1], &[], &[1, 1], &[]]), Ok(vec![1, 2, 0, 3]));
    }

    #[test]
    fn a_cycle_is_told_in_the_direction_of_the_values() {
        // 1 takes 2, 2 takes 3, 3 takes 1; 0 leads into it and 4 is aside.
        let inputs = [vec![4, 1], vec![2], vec![3], vec![1], vec![]];
        assert_eq!(topological(&inputs), Err(vec![3, 2, 1]));
        assert_eq!(topological(&[vec![0]]), Err(vec![0]));
    }

    #[test]
    fn a_long_chain_needs_no_deep_stack() {
        let last = 1_000_000;
        let inputs: Vec<_> = (0..=last).map(|v| if v == last { vec![] } else { vec![v + 1] }).collect();
        let order = topological(&inputs).expect("there is no cycle");
        assert!(order.iter().copied().eq((0..=last).rev()));
    }
}
