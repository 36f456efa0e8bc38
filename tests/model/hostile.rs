//! Damaged files: an error or a network, never a panic.

use blasnet::model::{Format, Loading, Model, Names};

use crate::small;

const FORMATS: [Format; 2] = [Format::Safetensors, Format::Npz];

fn load(format: Format, bytes: &[u8]) -> blasnet::Result<Model<f32>> {
    Loading::new().from_bytes(format, bytes, "a file")
}

#[test]
fn cut_anywhere() {
    for format in FORMATS {
        let whole = small::<f32>().to_bytes(format, Names::Course).unwrap();
        for length in 0..whole.len() {
            let error = load(format, &whole[..length]).unwrap_err().to_string();
            assert!(error.starts_with("a file: is no ") && error.contains("damaged"), "{length}: {error}");
        }
    }
}

#[test]
fn a_bit_turned_round_anywhere() {
    for format in FORMATS {
        let mut bytes = small::<f32>().to_bytes(format, Names::Torch).unwrap();
        let mut errors = 0;
        for bit in 0..8 * bytes.len() {
            let turn = |bytes: &mut Vec<u8>| bytes[bit / 8] ^= 1 << (bit % 8);
            turn(&mut bytes);
            match load(format, &bytes) {
                Ok(model) => {
                    assert_eq!(model.network.sizes(), [2, 3, 2], "{bit}");
                    assert!(model.network.values().iter().all(|value| value.is_finite()), "{bit}");
                }
                Err(error) => {
                    assert!(error.to_string().starts_with("a file: "), "{bit}: {error}");
                    errors += 1;
                }
            }
            turn(&mut bytes);
        }
        assert!(errors > bytes.len(), "{errors} of {} bits", 8 * bytes.len());
    }
}

#[test]
fn what_is_another_formats() {
    let [safetensors, npz] = FORMATS.map(|format| small::<f32>().to_bytes(format, Names::Course).unwrap());
    let error = load(Format::Safetensors, &npz).unwrap_err().to_string();
    assert!(error.starts_with("a file: is no safetensors file, or a damaged one"), "{error}");
    let error = load(Format::Npz, &safetensors).unwrap_err().to_string();
    assert!(error.starts_with("a file: is no .npz file, or a damaged one"), "{error}");
}
