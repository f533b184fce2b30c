import { mount } from 'svelte';

import './app.css';
import App from './App.svelte';
import { connect } from './lib/api/connect';

const target = document.getElementById('app');
if (target !== null) mount(App, { target, props: { device: await connect() } });
