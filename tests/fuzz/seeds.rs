//! Writes the first corpora: the files of every persona's card, whole, under the folder given.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use cpskit::emulate::{Persona, issue};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::args_os().nth(1).ok_or("seeds FOLDER")?);
    for target in ["tlv", "listings", "objects", "certificate", "driver"] {
        fs::create_dir_all(folder.join(target))?;
    }
    let containers = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../store/fixtures");
    for target in ["container", "credential"] {
        fs::create_dir_all(folder.join(target))?;
        for entry in fs::read_dir(&containers)? {
            let entry = entry?;
            fs::copy(entry.path(), folder.join(target).join(entry.file_name()))?;
        }
    }
    for slug in Persona::list() {
        let card = issue::builtin(slug)?;
        for (index, path) in card.files().iter().enumerate() {
            let content = card.file(path).ok_or("it is listed")?;
            let name = format!("{slug}-{}", path.to_string().replace('/', "-"));
            for target in ["tlv", "listings", "objects", "certificate"] {
                fs::write(folder.join(target).join(&name), content)?;
            }
            // Which card, which file, what is in it.
            let driven = [&[0, u8::try_from(index)?], content].concat();
            fs::write(folder.join("driver").join(&name), driven)?;
        }
    }
    Ok(())
}
