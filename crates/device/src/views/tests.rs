mod day;
mod late;
mod office;
mod opened;
mod plans;
mod unit;
