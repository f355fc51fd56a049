# A handler for the webhooks of koji: Ruby 3.0 or newer. Rack is the one thing
# to install, because Ruby comes without an HTTP server; save this as config.ru.
# HMAC-SHA-256 hex in X-Koji-Signature
# over {body}
# https://www.koji.so/docs/research-automation-webhooks
# Not in here: the answer to its handshake (endpoint verification, ping).
#
#   gem install rackup puma && KOJI_WEBHOOK_SECRET=... rackup --port 3000
require "openssl"

LIMIT = 25 * 1024 * 1024 # bytes of body; more is answered 413

def key_of(secret)
  key = secret.b
  raise ArgumentError if key.empty?

  key
rescue ArgumentError, EncodingError, OpenSSL::OpenSSLError
  abort "KOJI_WEBHOOK_SECRET is not a usable secret"
end

# While a secret is being replaced, the old one goes into KOJI_WEBHOOK_SECRET_PREVIOUS.
KEYS = ENV.values_at("KOJI_WEBHOOK_SECRET", "KOJI_WEBHOOK_SECRET_PREVIOUS").reject { |secret| secret.to_s.empty? }.map { |secret| key_of(secret) }
abort "KOJI_WEBHOOK_SECRET is not set" if KEYS.empty?

def sign(key, content)
  tag = OpenSSL::HMAC.digest("SHA256", key, content)
  tag.unpack1("H*")
end

# The signatures in a value, as they are written.
def read(value)
  value.b.start_with?("sha256=") ? [value.b.delete_prefix("sha256=")] : []
end

# Whether the request comes from whoever has the secret. Never raises. Rack joins a
# header that came twice with a comma.
def verify(env, body)
  value = env["HTTP_X_KOJI_SIGNATURE"].to_s
  return false if value.empty?
  signatures = read(value)
  holds = false
  KEYS.each do |key|
    expected = sign(key, body)
    signatures.each { |signature| holds = OpenSSL.secure_compare(expected, signature.downcase) || holds }
  end
  holds
end

run(lambda do |env|
  # The bytes as they came: a body that was parsed and written again has another signature.
  body = env["rack.input"]&.read(LIMIT + 1).to_s.b
  next [413, {}, []] if body.bytesize > LIMIT
  next [401, {}, []] unless verify(env, body)
  # It is authentic. Store or queue the body here, answer at once, work on it later.
  [200, {}, []]
end)
