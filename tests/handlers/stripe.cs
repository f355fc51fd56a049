// A handler for the webhooks of stripe: .NET 8 or newer, no packages.
// HMAC-SHA-256 hex in Stripe-Signature
// over {ts}.{body}
// https://docs.stripe.com/webhooks/signature
//
//   dotnet new web -o handler, put this into its Program.cs, then
//   STRIPE_WEBHOOK_SECRET=... dotnet run --urls http://127.0.0.1:3000
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

const int Limit = 25 * 1024 * 1024; // bytes of body; more is answered 413

// While a secret is being replaced, the old one goes into STRIPE_WEBHOOK_SECRET_PREVIOUS.
var keys = new[] { "STRIPE_WEBHOOK_SECRET", "STRIPE_WEBHOOK_SECRET_PREVIOUS" }
    .Select(Environment.GetEnvironmentVariable)
    .Where(secret => !string.IsNullOrEmpty(secret))
    .Select(secret =>
    {
        try
        {
            return KeyOf(secret!);
        }
        catch (Exception malformed) when (malformed is FormatException or ArgumentException or CryptographicException)
        {
            throw new InvalidOperationException("STRIPE_WEBHOOK_SECRET is not a usable secret");
        }
    })
    .ToArray();
if (keys.Length == 0) throw new InvalidOperationException("STRIPE_WEBHOOK_SECRET is not set");

var builder = WebApplication.CreateBuilder(args);
builder.WebHost.ConfigureKestrel(options =>
{
    options.Limits.MaxRequestBodySize = Limit;
    // Bytes of headers as they came: else Kestrel answers some with 400, and reads others as UTF-8.
    options.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
});
var app = builder.Build();
app.Run(async context =>
{
    // The bytes as they came: a body that was parsed and written again has another signature.
    using var gathered = new MemoryStream();
    try
    {
        await context.Request.Body.CopyToAsync(gathered);
    }
    catch (BadHttpRequestException refused)
    {
        context.Response.StatusCode = refused.StatusCode;
        return;
    }
    if (!Verify(context.Request, gathered.ToArray()))
    {
        context.Response.StatusCode = 401;
        return;
    }
    // It is authentic. Store or queue the body here, answer at once, work on it later.
    context.Response.StatusCode = 200;
});
app.Run();

// Whether the request comes from whoever has the secret. Never throws.
bool Verify(HttpRequest request, byte[] body)
{
    var value = Header(request, "Stripe-Signature");
    if (value == "") return false;
    var signatures = Read(value);
    var time = After(value, "t=").FirstOrDefault("");
    if (time == "") return false;
    var holds = false;
    foreach (var key in keys)
    {
        var expected = Sign(key, Join(Encoding.Latin1.GetBytes(time), Encoding.UTF8.GetBytes("."), body));
        foreach (var signature in signatures) holds |= Same(signature.ToLowerInvariant(), expected);
    }
    // After the signature: a time that nobody signed says nothing.
    return holds && Fresh(time);
}

byte[] KeyOf(string secret)
{
    var key = Encoding.UTF8.GetBytes(secret);
    return key.Length > 0 ? key : throw new InvalidOperationException("STRIPE_WEBHOOK_SECRET is not a usable secret");
}

byte[] Join(params byte[][] parts) => parts.SelectMany(part => part).ToArray();

// The values of these headers; nothing when one of them came twice.
string[] Headers(HttpRequest request, params string[] names)
{
    var values = names.Select(name => request.Headers[name]).ToArray();
    return values.Any(found => found.Count > 1) ? [] : values.SelectMany(found => found).Select(value => value ?? "").ToArray();
}

// The value of a header that came once; empty when there is none.
string Header(HttpRequest request, string name) => Headers(request, name).FirstOrDefault("");

// Whether a signed time is well written and near enough to now.
bool Fresh(string time)
{
    const double Tolerance = 300; // seconds between the signed time and now
    if (time.Length > 15 || !time.All(char.IsAsciiDigit)) return false;
    var number = double.Parse(time, CultureInfo.InvariantCulture);
    return Math.Abs(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - number) <= Tolerance;
}

// Compares in constant time, whatever the lengths.
bool Same(string given, string expected) =>
    CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(expected));

string Sign(byte[] key, byte[] content)
{
    var tag = HMACSHA256.HashData(key, content);
    return Convert.ToHexString(tag).ToLowerInvariant();
}

// What stands after this prefix in the elements of a value.
string[] After(string value, string prefix) => value.Split(",")
    .Select(element => element.Trim())
    .Where(element => element.StartsWith(prefix, StringComparison.Ordinal))
    .Select(element => element[prefix.Length..])
    .ToArray();

// The signatures in a value, as they are written.
string[] Read(string value) => After(value, "v1=");
