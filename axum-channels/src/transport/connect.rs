//! The decision to accept a client, and the start of its channels: the same for every transport.

use super::connection::Connection;
use super::disconnector::Disconnects;
use super::format::{Format, Framing};
use super::mount::{Connected, Mount, MountedSocket};
use crate::endpoint::Meanwhile;
use crate::error::Result;
use crate::guard::guarded;
use crate::log;
use crate::message::{Refused, Topic};
use crate::metrics::{self, record};
use crate::params::Params;
use crate::pubsub::Subscription;
use crate::runner::Runner;
use crate::socket::{ConnectInfo, Context, LazyMailbox};
use crate::task::with_timeout;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::{StatusCode, request::Parts};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// Refusal of a client, as its transport answers it.
pub(super) enum Refusal {
    Status(StatusCode),
    /// By the handler.
    Refused(Refused),
}

impl Mount {
    /// Returns whether the page's origin is allowed to connect.
    pub(super) fn allows(&self, parts: &Parts) -> bool {
        let checked = self.check_origin.check(&parts.headers);
        if let Err(refused) = &checked {
            let origin = refused.origin();
            self.log
                .origin_refused(&origin, &refused.allowed, &refused.setting);
        }
        checked.is_ok()
    }
}

impl MountedSocket {
    /// Runs the user's `connect`.
    pub(super) async fn connect(
        &self,
        mut parts: Parts,
        framing: Framing,
    ) -> Result<(Connected, Arc<Format>), Refusal> {
        let MountedSocket { endpoint, mount } = self;
        let transport = framing.transport();
        let attempt = mount.log.attempt(transport);
        let params = match params(&mut parts).await {
            Ok(params) => params,
            Err(refusal) => {
                mount.log.refused(transport, log::Refusal::BadPath);
                return Err(refusal);
            }
        };
        let vsn = params.get("vsn").unwrap_or("1.0.0");
        let Some(format) = mount.formats.negotiate(vsn, framing) else {
            attempt.unsupported(vsn, &mount.formats.versions());
            return Err(StatusCode::FORBIDDEN.into());
        };
        let info = ConnectInfo {
            parts,
            endpoint: endpoint.clone(),
        };
        let meanwhile = endpoint.shared().disconnected.watch();
        match self.call(&params, &info, transport).await {
            Ok(Ok(mut connected)) => {
                if let Some(id) = &connected.id {
                    connected.disconnects = Some(self.disconnects(id, meanwhile).await);
                }
                attempt.connected(format.codec.name(), &params);
                Ok((connected, format.clone()))
            }
            Ok(Err(refused)) => {
                let shown = (refused.status.as_u16(), &refused.payload);
                attempt.refused(format.codec.name(), &params, shown);
                Err(Refusal::Refused(refused))
            }
            Err(error) => {
                attempt.crashed(&error);
                Err(StatusCode::INTERNAL_SERVER_ERROR.into())
            }
        }
    }

    /// Calls the handler's `connect`, within its time limit.
    async fn call(
        &self,
        params: &Params,
        info: &ConnectInfo,
        transport: &'static str,
    ) -> Result<Result<Connected, Refused>> {
        let mount = &self.mount;
        let since = metrics::started();
        let connecting = guarded((mount.connect)(params, info));
        let result = with_timeout(mount.options.connect_timeout, connecting).await;
        let result = result.and_then(|result| result).and_then(|result| result);
        let accepted = matches!(result, Ok(Ok(_)));
        record!(
            "connect",
            since,
            socket = mount.handlers.name,
            transport = transport,
            accepted = accepted
        );
        result
    }

    /// Returns the disconnects of a client's id, which one during `connect` is among.
    async fn disconnects(&self, id: &Topic, meanwhile: Meanwhile) -> Disconnects {
        let pubsub = &self.endpoint.shared().pubsub;
        let disconnects = Disconnects::new(pubsub, id);
        if meanwhile.includes(id) {
            disconnects.disconnect();
        }
        drop(pubsub.reserve(id).await); // until it is subscribed to on other nodes, too
        disconnects
    }
}

impl MountedSocket {
    /// Starts an accepted client's channels. Returns their runner, and the subscription to the client's id if it has one.
    pub(super) fn start(
        &self,
        connection: &Arc<Connection>,
        Connected {
            handler,
            id,
            disconnects,
        }: Connected,
    ) -> (Runner, Option<Subscription>) {
        let MountedSocket { endpoint, mount } = self;
        let subscription = disconnects.map(|disconnects| disconnects.begin(connection));
        let context = Arc::new(Context {
            endpoint: endpoint.clone(),
            client: connection.clone(),
            handler,
            id,
            mailbox: LazyMailbox::default(),
            routes: mount.handlers.table.clone(),
        });
        (Runner::new(context, mount.handlers.clone()), subscription)
    }
}

/// Parameters of the query, followed by those of the path, which take precedence.
///
/// As in Phoenix's `Phoenix.Endpoint.socket`. The client chooses both, but a proxy may have checked the path.
async fn params(parts: &mut Parts) -> Result<Params, Refusal> {
    let query = Params::parse(parts.uri.query().unwrap_or_default());
    match RawPathParams::from_request_parts(parts, &()).await {
        Ok(path) => Ok(query.with(&path)),
        Err(RawPathParamsRejection::InvalidUtf8InPathParam(_)) => {
            Err(StatusCode::BAD_REQUEST.into())
        }
        Err(_) => Ok(query),
    }
}

impl From<StatusCode> for Refusal {
    fn from(status: StatusCode) -> Self {
        Refusal::Status(status)
    }
}

impl Refusal {
    pub(super) fn response(self) -> Response {
        match self {
            Refusal::Status(status) => status.into_response(),
            Refusal::Refused(refused) => refused.into_response(),
        }
    }
}
