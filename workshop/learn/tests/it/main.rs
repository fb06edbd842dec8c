//! Tests of the labs, the exercises and the folder `mine/`.

mod checked;
mod complete;
mod copy;
mod mine;
