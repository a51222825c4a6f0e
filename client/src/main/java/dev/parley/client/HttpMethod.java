// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

/**
 * The method of an HTTP request (RFC 9110 §9). A WebSocket is opened with {@link #GET} and no other
 * (RFC 6455 §4.1); an opening with another one is refused with {@link IllegalArgumentException}
 * before a byte is sent.
 */
public enum HttpMethod {
  GET,
  HEAD,
  POST,
  PUT,
  PATCH,
  DELETE,
  OPTIONS
}
