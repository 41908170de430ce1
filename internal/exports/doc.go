// Package exports makes a snapshot of what other tools have exported from a tenant,
// so that somebody without an app of their own can audit it.
//
// Layouts it recognises, alone or mixed, in files, folders and zip archives, in
// UTF-8 and UTF-16:
//
//   - one object a file: <collection>/<id>/<any name>.json or <collection>/<id>.json,
//     as EntraExporter writes them, and single objects anywhere;
//   - parts of an object below its own folder: members of a group, methods of a user;
//   - pages of Graph: {"value":[…]}, {"value":{…}}, with or without @odata.context;
//   - lists, and lines of JSON;
//   - wrappers: an object around one object or several collections by name, such as
//     {"ExportDate":…,"SourceTenantId":…,"PolicyConfig":{…}}, and answers of a batch;
//   - what PowerShell makes of all of these.
//
// It works in four steps, a file or two each. Sources are walked within limits
// (source.go, encoding.go). A value is recognised by its @odata.type, its
// @odata.context or its members, with the name of a folder or of a member as the last
// word and never that of a file (kinds.go, recognise.go, import.go, parts.go). What
// exporting did to it is put right by the types of package entra, and nothing else is
// changed (names.go, normalise.go). Then it is decided what of it the snapshot holds,
// and whether that is all there is (unit.go, decide.go, write.go).
//
// Two rules stand above the rest. A section is complete only where the source plainly
// is the whole collection, because "complete" lets checks say that something is not
// there. And every file is accounted for: taken, or refused with a reason.
//
// docs/import.md tells users the same with examples.
package exports
