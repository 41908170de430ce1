// Package devices knows what devices people were seen with.
package devices
