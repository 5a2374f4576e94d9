//! Settings of the app.
//!
//! | Variable | Meaning | Default |
//! |---|---|---|
//! | `PORT` | Port to listen on | 4000 |

use std::path::PathBuf;
