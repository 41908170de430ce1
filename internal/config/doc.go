// Package config reads the configuration file, YAML, into audit.Settings.
//
// It is strict: whatever is not known is an error, because a misspelt key would
// silently judge by something else than what was meant. All problems are reported
// together, each with file, line, column, and what is allowed there. The schema for
// editors is docs/schema/config.schema.json; a test holds both together.
package config
