//! The last hidden layer, where a step turns: its outputs, the loss, and back.

use std::sync::PoisonError;

use ndarray::{ArrayViewMut2, s};

use super::batch::Own;
use super::units::{Strip, Units};
use super::{Pass, PerPiece, Source, Step, add_up, narrow};
use crate::Float;
use crate::compute::columns::Columns;
use crate::compute::parallel::in_two_phases;
use crate::nn::shape::ParametersMut;
use crate::ops::Scores;
use crate::sparse::row_tiles;

impl<A: Float> Step<A> {
    /// Forward through the last hidden layer, to the loss, and back to the same layer.
    pub(super) fn turn(
        &mut self,
        pass: Pass<'_, A>,
        layer: usize,
        parameters: &mut ParametersMut<'_, A>,
        gradient: Option<&mut ParametersMut<'_, A>>,
    ) -> Scores {
        let (before, layers) = self.layers.split_at_mut(layer);
        let (units, mut output) = pass.units(layer, &self.cuts[layer], parameters, gradient, &mut layers[0]);
        let shares = &self.shares[..units.strips()];
        let all = s![..pass.rows, ..];
        let outputs = output.b.len();
        let is_narrow = outputs <= narrow::OUTPUTS;

        let forward = |(units, own): &mut (Units<'_, A>, PerPiece<'_, Own<A>>)| {
            let own = own.get();
            let first = units.bounds[0];
            if is_narrow {
                for strip in 0..units.strips() {
                    let strip = units.strip(strip);
                    let at = (strip.first - first) * outputs;
                    strip.copy_weights(pass.isa, &mut own.w[at..], &mut own.dw[at..]);
                }
            }
            pass.forward(layer, units, before.last(), own, |strip, rows, own| {
                let mut share = shares[strip.number].write().unwrap_or_else(PoisonError::into_inner);
                if is_narrow {
                    let at = (strip.first - first) * outputs;
                    let share = share.as_slice_mut().expect("a buffer is contiguous");
                    let share = &mut share[rows.start * outputs..rows.end * outputs];
                    strip.contribute_narrow(pass.isa, rows, &own.w[at..], share);
                } else if rows.end == pass.rows {
                    strip.contribute(&mut share.slice_mut(all));
                }
            });
        };
        let back = |(mut units, mut own): (Units<'_, A>, PerPiece<'_, Own<A>>)| {
            let own = own.get();
            add_up(shares, &output.b, &mut own.z.slice_mut(all));
            let scores = own.loss(pass.chain.loss, pass.batch, pass.factor);
            if scores.loss.is_finite() {
                let first = units.bounds[0];
                for strip in 0..units.strips() {
                    let mut strip = units.strip(strip);
                    let at = (strip.first - first) * outputs;
                    pass.turn_back(layer, &mut strip, own, is_narrow.then_some(at));
                }
            }
            scores
        };
        let pieces = pass.pieces.min(units.strips());
        let work = (units, PerPiece(&mut self.own[..pieces]));
        let scores = in_two_phases(work, 1, pieces, forward, back);
        if scores.loss.is_finite() {
            output.change(&self.own[0].dz.slice(all));
        }
        scores
    }
}

impl<A: Float> Pass<'_, A> {
    /// Back from dz to a strip of the last hidden layer, and on to the weights before it if it is also the first.
    /// `narrow` is where the strip's part of the last layer's weights lies, if that has few outputs.
    fn turn_back(&self, layer: usize, strip: &mut Strip<'_, A>, own: &mut Own<A>, narrow: Option<usize>) {
        let common = self.common(layer);
        let Own { dz, w, dw, lists, dh, .. } = own;
        let dz = dz.slice(s![..self.rows, ..]);
        let Some(at) = narrow else {
            strip.back(common, &dz);
            strip.change_biases();
            return self.change_first(layer, strip, own);
        };
        let (w, dw) = (&w[at..], &mut dw[at..]);
        strip.db.fill(A::zero());
        if let (0, Source::Sparse(x)) = (layer, self.batch.x) {
            // What has just been made of some rows is still in the cache.
            for (rows, list) in row_tiles(self.rows).zip(&*lists) {
                let block = strip.blocks(self.isa).next().expect("a strip has units").len();
                let dh = &mut dh[..rows.len() * block];
                let mut dh = ArrayViewMut2::from_shape((rows.len(), block), dh).expect("cut to this shape");
                strip.back_narrow(common, rows.clone(), &dz, (w, dw), Some(&mut dh));
                strip.change_sparse(self.isa, x.columns(), list, rows.start == 0, Columns::of(dh.view()));
            }
            strip.change_narrow(self.isa, dw);
            return strip.change_biases();
        }
        strip.back_narrow(common, 0..self.rows, &dz, (w, dw), None);
        strip.change_narrow(self.isa, dw);
        strip.change_biases();
        self.change_first(layer, strip, own);
    }
}
