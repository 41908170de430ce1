// Package access knows whom Conditional Access reaches, with which demand, and what
// it decides for sign-ins.
package access
