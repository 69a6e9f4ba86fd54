// jest gives its workers FORCE_COLOR at a terminal, which Node's warnings and our output would follow: what tests read
// is plain.
delete process.env.FORCE_COLOR;
process.env.NO_COLOR = '1';
