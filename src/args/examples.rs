//! Texts of `--help` below the options.

pub const EXAMPLES: &str = "\
Examples:
  hello-sockets new my_app                  a Rust app in ./my_app
  hello-sockets new my_app --channel User   the same, with a channel that the page joins
  hello-sockets new my_app --stack phoenix  a Phoenix app
  hello-sockets dev                         run the current app, with live reload
  hello-sockets gen channel Room            another channel, in the current app
  hello-sockets undo                        take back the last run of gen
  hello-sockets upgrade                     bring the current app up to this version
  hello-sockets connect user:lobby          every frame between a client and the current app
  hello-sockets help gen channel            the options of a generator";

pub const GEN_EXAMPLES: &str = "\
Examples:
  hello-sockets gen channel Room
  hello-sockets gen socket Device
  hello-sockets help gen channel            the options of a generator";

pub const DESTROY_HELP: &str = "\
Files that are as generated are removed, and inserted lines are taken out,
wherever they are by now. A changed file is shown as a diff, and kept unless
you say otherwise. What others need stays, such as a socket with other
channels. Options are those of gen: without any, those of the recorded run.

Examples:
  hello-sockets destroy channel Room
  hello-sockets destroy channel Admin.Room --topic admin_room
  hello-sockets destroy socket Device --dry-run";

pub const UNDO_HELP: &str = "\
Files that the run created are removed, and files that it edited or overwrote
get their bytes back. A file that has changed since is shown as a diff, and
kept unless you say otherwise. The record is in .hello-sockets/: runs/ is for
version control, undo/ has the bytes and is not.

Examples:
  hello-sockets undo --dry-run
  hello-sockets undo
  hello-sockets undo --skip                 keep what has changed since";

pub const UPGRADE_HELP: &str = "\
The templates of this version are rendered with the recorded answers, and what
has changed since is merged into the app. Conflicts are marked as git marks
them. Deleted files stay deleted. A changed file of the library in vendor/ is
shown as a diff, and kept unless you say otherwise. In an app without a record,
that goes for every file that differs. `undo` takes an upgrade back.

Examples:
  hello-sockets upgrade --dry-run
  hello-sockets upgrade
  hello-sockets upgrade --no-conflicts      leave files alone that conflict
  hello-sockets upgrade --check             for CI: exit code 0 or 4";

pub const DEV_EXAMPLES: &str = "\
Examples:
  hello-sockets dev                         then open http://localhost:4000
  hello-sockets dev --port 8080
  hello-sockets dev -- --features admin     with arguments for `cargo build`";

pub const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  bash         echo 'source <(hello-sockets completions bash)' >> ~/.bashrc
  zsh          hello-sockets completions zsh > ~/.zfunc/_hello-sockets   (a folder of fpath)
  fish         hello-sockets completions fish > ~/.config/fish/completions/hello-sockets.fish
  PowerShell   hello-sockets completions powershell >> $PROFILE
  elvish       echo 'eval (hello-sockets completions elvish | slurp)' >> ~/.config/elvish/rc.elv";

pub const MAN_EXAMPLES: &str = "\
Examples:
  hello-sockets man | man -l -
  hello-sockets man ~/.local/share/man/man1 && man hello-sockets-gen-channel";

pub const CONNECT_EXAMPLES: &str = "\
Typed lines:
  ping {\"a\":1}                              an event and its payload, on the first topic
  user:lobby shout {\"body\":\"hi\"}            on another joined topic
  room:1 phx_join                           joins a topic; phx_leave leaves it
  [null,\"9\",\"phoenix\",\"heartbeat\",{}]       a message, sent as it is

Examples:
  hello-sockets connect user:lobby          the socket of the current app
  hello-sockets connect ws://localhost:4000/socket user:lobby --param token=abc
  hello-sockets connect wss://example.com/socket room:1 --json | jq .event
  echo 'ping {\"a\":1}' | hello-sockets connect user:lobby
  hello-sockets connect room:1 --recover    positions of a history; later --recover=q3Zk9_aB.17
  hello-sockets connect user:lobby --expect phx_reply --for 5s    a health check: exit code 0 or 1";

pub const NEW_EXAMPLES: &str = "\
Examples:
  hello-sockets new my_app
  hello-sockets new ../chat --channel Room --channel Lobby
  hello-sockets new services/live-chat --app live_chat --no-git --no-install
  hello-sockets new my_app --pubsub redis
  hello-sockets new my_app --stack phoenix";
