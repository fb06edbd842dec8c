//! The files that belong to the screens, built into the program.

use axum::{http::header, response::IntoResponse};

pub(super) async fn style() -> impl IntoResponse {
    let type_ = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (type_, include_str!("../../assets/style.css"))
}

pub(super) async fn script() -> impl IntoResponse {
    let type_ = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (type_, include_str!("../../assets/script.js"))
}

pub(super) async fn icon() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "image/svg+xml")], include_str!("../../assets/icon.svg"))
}
