// Package provenance is the record of a run: what was read, what was done with it, and what came out.
//
// Recorder and Written take the account of files while they are read and written. Run is the record that anybody who repeats
// the run gets byte for byte (run.json: no time, no machine); Observed is what belongs to one execution of it (observed.json).
//
// It trains nothing, asks nobody, and believes no list: digests come from the bytes that passed through it.
package provenance
