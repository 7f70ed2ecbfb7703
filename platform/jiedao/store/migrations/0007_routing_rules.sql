-- Routing rules are adopted as boundary sets and class tables are: what is in force is asked every few seconds.
DROP INDEX event_reference;
CREATE INDEX event_reference ON event (position)
    WHERE topic IN ('jiedao.boundary_set.adopted', 'jiedao.class_table.adopted', 'jiedao.routing_rules.adopted');
