// Package strict reads JSON that somebody else wrote, and writes the JSON that we write.
//
// Reading follows RFC 7493 (I-JSON) and nothing looser: a name that appears twice in one object, text that is not UTF-8, an
// unpaired surrogate, a comment, or anything after the value is an error with its line, its byte offset and its path (a JSON
// pointer, RFC 6901). Names are compared exactly, so that `Hidden_Size` is never taken for `hidden_size`. Objects keep the
// order of their members and numbers keep their digits. Size, nesting and the number of values are bounded, and all three
// bounds are checked by a scan of the bytes before anything is allocated for them.
//
// Writing is deterministic: one value gives one text, whatever the order of a map.
//
// It is not a streaming parser, has no lenient mode, and knows no schema: what a document must hold is for its reader to say.
package strict
