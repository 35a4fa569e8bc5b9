"""Stories of members, moderators and operators, from end to end over real wires."""
