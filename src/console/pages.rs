//! The pages: what Exeat is, what each rule means, and how Exeat is.
//!
//! They are for the people who got a refusal or a notice, so nobody signs in,
//! and nothing on them is about anybody.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::House;
use crate::finding::RuleId;
use crate::notice::guide::{Guide, Remedy, guide};

const CSS: &str = include_str!("templates/style.css");

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    schools: Vec<String>,
    is_well: bool,
    rules: Vec<RuleLink>,
}

#[derive(Template)]
#[template(path = "rules.html")]
struct Rules {
    rules: Vec<RuleLink>,
}

#[derive(Template)]
#[template(path = "rule.html")]
struct Rule {
    guide: &'static Guide,
    /// What to do first, in whole sentences.
    first: Vec<String>,
}

#[derive(Template)]
#[template(path = "missing.html")]
struct Missing {}

struct RuleLink {
    id: &'static str,
    title: &'static str,
}

/// Serves the pages until `stopping` turns true.
pub async fn serve(listener: TcpListener, house: House, mut stopping: watch::Receiver<bool>) {
    let stopped = async move {
        let _ = stopping.wait_for(|&stopping| stopping).await;
    };
    let served = axum::serve(listener, router(house)).with_graceful_shutdown(stopped);
    if let Err(error) = served.await {
        tracing::error!(%error, "the console ended by a fault");
    }
}

pub fn router(house: House) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/rules", get(rules))
        .route("/rules/{id}", get(rule))
        .route("/health", get(health))
        .route("/style.css", get(style))
        .fallback(missing)
        .with_state(house)
}

async fn home(State(house): State<House>) -> Response {
    let mut schools: Vec<String> = house
        .tenants
        .load()
        .iter()
        .map(|tenant| tenant.school.name.clone())
        .collect();
    schools.sort();
    page(
        StatusCode::OK,
        &Home {
            schools,
            is_well: is_well(&house).await,
            rules: links(),
        },
    )
}

async fn rules() -> Response {
    page(StatusCode::OK, &Rules { rules: links() })
}

async fn rule(Path(id): Path<String>) -> Response {
    let Ok(rule) = id.parse::<RuleId>() else {
        return missing().await;
    };
    let guide = guide(rule);
    let first = match &guide.remedy {
        Remedy::Change { to, how } => {
            let again = format!("Send the mail again with {to}.");
            [again]
                .into_iter()
                .chain(how.iter().map(|&step| step.to_owned()))
                .collect()
        }
        Remedy::LetGo(advice) => vec![(*advice).to_owned()],
    };
    page(StatusCode::OK, &Rule { guide, first })
}

async fn missing() -> Response {
    page(StatusCode::NOT_FOUND, &Missing {})
}

async fn health(State(house): State<House>) -> Response {
    let (status, word) = match is_well(&house).await {
        true => (StatusCode::OK, "ok"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer"),
    };
    let no_store = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let mut said = json!({ "status": word });
    // A store that does not answer has been told of.
    let bypasses = house.store.bypasses().await.unwrap_or_default();
    if !bypasses.is_empty() {
        let unscreened = bypasses
            .iter()
            .map(|bypass| json!({ "school": bypass.school, "until": bypass.until }));
        said["unscreened"] = unscreened.collect();
    }
    (status, [no_store], Json(said)).into_response()
}

async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], CSS).into_response()
}

async fn is_well(house: &House) -> bool {
    match house.store.count_holds(None).await {
        Ok(_) => true,
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the store does not answer"
            );
            false
        }
    }
}

fn links() -> Vec<RuleLink> {
    RuleId::ALL
        .into_iter()
        .map(|rule| RuleLink {
            id: rule.as_str(),
            title: guide(rule).title,
        })
        .collect()
}

/// A page, with the headers that keep it from being framed, sniffed or made
/// to load anything from elsewhere.
fn page(status: StatusCode, template: &impl Template) -> Response {
    let html = match template.render() {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "a page was not made");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (
            "content-security-policy",
            "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
    ] {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    (status, headers, Html(html)).into_response()
}
