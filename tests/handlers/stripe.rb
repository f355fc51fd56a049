# A handler for the webhooks of stripe: Ruby 3.0 or newer. Rack is the one thing
# to install, because Ruby comes without an HTTP server; save this as config.ru.
# HMAC-SHA-256 hex in Stripe-Signature
# over {ts}.{body}
# https://docs.stripe.com/webhooks/signature
#
#   gem install rackup puma && STRIPE_WEBHOOK_SECRET=... rackup --port 3000
require "openssl"
require "time"

LIMIT = 25 * 1024 * 1024 # bytes of body; more is answered 413
TOLERANCE = 300 # seconds between the signed time and now

def key_of(secret)
  key = secret.b
  raise ArgumentError if key.empty?

  key
rescue ArgumentError, EncodingError, OpenSSL::OpenSSLError
  abort "STRIPE_WEBHOOK_SECRET is not a usable secret"
end

# While a secret is being replaced, the old one goes into STRIPE_WEBHOOK_SECRET_PREVIOUS.
KEYS = ENV.values_at("STRIPE_WEBHOOK_SECRET", "STRIPE_WEBHOOK_SECRET_PREVIOUS").reject { |secret| secret.to_s.empty? }.map { |secret| key_of(secret) }
abort "STRIPE_WEBHOOK_SECRET is not set" if KEYS.empty?

# The seconds of a signed time; nil when it is not written as one.
def seconds(time)
  Integer(time, 10) if time.b.match?(/\A[0-9]{1,15}\z/n)
rescue ArgumentError
  nil
end

def sign(key, content)
  tag = OpenSSL::HMAC.digest("SHA256", key, content)
  tag.unpack1("H*")
end

# The signatures in a value, as they are written, and the time beside them.
def read(value)
  elements = value.b.split(",").map(&:strip)
  after = ->(prefix) { elements.select { |element| element.start_with?(prefix) }.map { |element| element.delete_prefix(prefix) } }
  times = after.call("t=") # two of them came in two headers
  [after.call("v1="), times.length == 1 ? times.first : nil]
end

# Whether the request comes from whoever has the secret. Never raises. Rack joins a
# header that came twice with a comma.
def verify(env, body)
  value = env["HTTP_STRIPE_SIGNATURE"].to_s
  return false if value.empty?
  signatures, time = read(value)
  return false if time.to_s.empty?
  holds = false
  KEYS.each do |key|
    expected = sign(key, [time.b, ".".b, body].join)
    signatures.each { |signature| holds = OpenSSL.secure_compare(expected, signature.downcase) || holds }
  end
  # After the signature: a time that nobody signed says nothing.
  signed = seconds(time)
  holds && !signed.nil? && (Time.now.to_i - signed).abs <= TOLERANCE
end

run(lambda do |env|
  # The bytes as they came: a body that was parsed and written again has another signature.
  body = env["rack.input"]&.read(LIMIT + 1).to_s.b
  next [413, {}, []] if body.bytesize > LIMIT
  next [401, {}, []] unless verify(env, body)
  # It is authentic. Store or queue the body here, answer at once, work on it later.
  [200, {}, []]
end)
