#include "actors/mail_templates.hpp"

namespace authnz::actors {
namespace {

constexpr std::string_view signup_txt = R"(Subject: Please confirm your e-mail address

Hello,

somebody, most likely you, gave this e-mail address to
{{server_name}}.

To confirm that the address is yours, please open this page

{{url}}

and enter this code there, the whole of it:

{{token}}

The code is good until {{expires}}.

This was asked for from the address {{client_address}}
with this browser or program:
{{user_agent}}

If it was not you, please ignore this message and give the code to nobody.
Without it, your address stays unconfirmed.
)";

constexpr std::string_view signup_html = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Please confirm your e-mail address</title>
</head>
<body style="font-family: sans-serif; line-height: 1.5; max-width: 40em">
<p>Hello,</p>
<p>somebody, most likely you, gave this e-mail address to
<strong>{{server_name}}</strong>.</p>
<p>To confirm that the address is yours, please open this page</p>
<p><a href="{{url}}">{{url}}</a></p>
<p>and enter this code there, the whole of it:</p>
<pre style="padding: 1em; background: #eee; color: #000">{{token}}</pre>
<p>The code is good until {{expires}}.</p>
<p>This was asked for from the address {{client_address}}
with this browser or program:<br>
{{user_agent}}</p>
<p>If it was not you, please ignore this message and give the code to
nobody. Without it, your address stays unconfirmed.</p>
</body>
</html>
)";

constexpr std::string_view forgotpass_txt = R"(Subject: Choose a new password

Hello,

somebody, most likely you, forgot the password of your account at
{{server_name}}.

To choose a new one, please open this page

{{url}}

and enter this code there, the whole of it:

{{token}}

The code is good until {{expires}}. Whoever has it can
change your password, so please give it to nobody.

This was asked for from the address {{client_address}}
with this browser or program:
{{user_agent}}

If it was not you, please ignore this message: your password stays as it
is. If such messages keep coming, tell those who run the site.
)";

constexpr std::string_view forgotpass_html = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Choose a new password</title>
</head>
<body style="font-family: sans-serif; line-height: 1.5; max-width: 40em">
<p>Hello,</p>
<p>somebody, most likely you, forgot the password of your account at
<strong>{{server_name}}</strong>.</p>
<p>To choose a new one, please open this page</p>
<p><a href="{{url}}">{{url}}</a></p>
<p>and enter this code there, the whole of it:</p>
<pre style="padding: 1em; background: #eee; color: #000">{{token}}</pre>
<p>The code is good until {{expires}}. Whoever has it can change your
password, so please give it to nobody.</p>
<p>This was asked for from the address {{client_address}}
with this browser or program:<br>
{{user_agent}}</p>
<p>If it was not you, please ignore this message: your password stays as it
is. If such messages keep coming, tell those who run the site.</p>
</body>
</html>
)";

}  // namespace

std::vector<std::pair<std::string, std::string>> built_in_template_files() {
  return {{"signup.txt", std::string(signup_txt)},
          {"signup.html", std::string(signup_html)},
          {"forgotpass.txt", std::string(forgotpass_txt)},
          {"forgotpass.html", std::string(forgotpass_html)}};
}

}  // namespace authnz::actors
