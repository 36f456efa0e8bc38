//! The step of a network that is a single layer: its units are the outputs.

use std::sync::PoisonError;

use ndarray::s;

use super::batch::Own;
use super::units::Units;
use super::{Pass, PerPiece, Step};
use crate::Float;
use crate::compute::parallel::in_two_phases;
use crate::nn::shape::ParametersMut;
use crate::ops::Scores;

impl<A: Float> Step<A> {
    pub(super) fn single(
        &mut self,
        pass: Pass<'_, A>,
        parameters: &mut ParametersMut<'_, A>,
        gradient: Option<&mut ParametersMut<'_, A>>,
    ) -> Scores {
        let cut = &self.cuts[0];
        let bounds = pass.bounds(0, cut);
        let (units, _) = pass.units(0, cut, parameters, gradient, &mut self.layers[0]);
        let shares = &self.shares[..units.strips()];
        let all = s![..pass.rows, ..];

        let forward = |(units, own): &mut (Units<'_, A>, PerPiece<'_, Own<A>>)| {
            pass.forward(0, units, None, own.get(), |strip, rows, _| {
                let mut share = shares[strip.number].write().unwrap_or_else(PoisonError::into_inner);
                let units = ..strip.count();
                share.slice_mut(s![rows.clone(), units]).assign(&strip.h.slice(s![rows, units]));
            });
        };
        let back = |(mut units, mut own): (Units<'_, A>, PerPiece<'_, Own<A>>)| {
            let own = own.get();
            for (share, ends) in shares.iter().zip(bounds.windows(2)) {
                let share = share.read().unwrap_or_else(PoisonError::into_inner);
                let share = share.slice(s![..pass.rows, ..ends[1] - ends[0]]);
                own.z.slice_mut(s![..pass.rows, ends[0]..ends[1]]).assign(&share);
            }
            let scores = own.loss(pass.chain.loss, pass.batch, pass.factor);
            if scores.loss.is_finite() {
                for strip in 0..units.strips() {
                    let mut strip = units.strip(strip);
                    let dz = own.dz.slice(all);
                    let dz = dz.slice(s![.., strip.first..strip.first + strip.count()]);
                    let count = strip.count();
                    strip.dh.slice_mut(s![.., ..count]).assign(&dz);
                    for (db, column) in strip.db.iter_mut().zip(dz.columns()) {
                        *db = column.iter().copied().sum();
                    }
                    strip.change_biases();
                    pass.change_first(0, &mut strip, own);
                }
            }
            scores
        };
        let pieces = pass.pieces.min(units.strips());
        let work = (units, PerPiece(&mut self.own[..pieces]));
        in_two_phases(work, 1, pieces, forward, back)
    }
}
