//! The claims of reliability, one module each, named after the claim. What
//! takes longer (kills, broken disks, floods, real terminals) is in `tests/slow`.

mod claim_07_retries;
mod claim_08_duplicates;
mod claim_11_stop;
mod claim_19_framing;
mod claim_20_bytes;
mod claim_24_fail_closed;
mod claim_24_outside;
mod claim_25_replay;
mod claim_28_page;
mod claim_31_commands;
mod claim_31_key;
mod claim_32_bad_vendors;
mod claim_32_commands;
mod claim_34_accounts;
mod claim_34_secrets;
mod claim_35_accounts;
mod claim_35_files;
