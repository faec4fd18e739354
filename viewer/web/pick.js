// pick
