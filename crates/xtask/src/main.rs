//! Developer commands.
fn main() {
    print!("{}", rundan_device::api::typescript());
}
