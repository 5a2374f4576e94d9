//! Settings of the app.
//!
//! | Variable | Meaning | Default |
//! |---|---|---|
//! | `PORT` | Port to listen on | 4000 |
//! | `REDIS_URL` | Redis that all instances share | none |

use std::path::PathBuf;
