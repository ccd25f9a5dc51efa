//! What stands between `[` and `]`.

use crate::status::Status;

/// Characters in a box and what they say without a legend. Of those for one status the first is
/// the one to write.
const BOXES: [(char, Status); 11] = [
    (' ', Status::Pending),
    ('x', Status::Completed),
    ('X', Status::Completed),
    ('✓', Status::Completed),
    ('✔', Status::Completed),
    ('✅', Status::Completed),
    ('~', Status::InProgress),
    ('/', Status::InProgress),
    ('>', Status::InProgress),
    ('!', Status::Blocked),
    ('-', Status::Cancelled),
];

/// The status a character in a box usually states.
pub(crate) fn box_status(boxed: char) -> Option<Status> {
    BOXES
        .iter()
        .find(|(known, _)| *known == boxed)
        .map(|(_, status)| *status)
}

/// The characters for a status, the most usual first; none where no box says it.
pub(crate) fn boxes(status: Status) -> impl Iterator<Item = char> {
    BOXES
        .iter()
        .filter(move |(_, known)| *known == status)
        .map(|(boxed, _)| *boxed)
}
